package nftables

import (
	"fmt"
	"hash/fnv"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"

	"github.com/inshore-dev/inshore/agent/routes"
)

// tableName is our table, of family inet: both IP versions in one, so that one
// transaction is about one table.
const tableName = "inshore"

// The priorities put us before the cluster's proxy among the NAT chains of a
// hook: kube-proxy's nftables mode and everybody's iptables are at dstnat (-100)
// and srcnat (100). Order is all they are: the kernel runs every NAT chain from
// its own hook at -100, and stops at the first that binds the flow (nf_nat_inet_fn).
var (
	beforeDestinationNAT = nftables.ChainPriorityRef(-110)
	beforeSourceNAT      = nftables.ChainPriorityRef(90)
)

// layout is everything in our table but the elements. It never changes while the
// table stands; what changes is a new layout, by another name.
type layout struct {
	table *nftables.Table
	sets  map[setID]*nftables.Set
	trust *nftables.Set
	// chains and rules in the order they are made.
	chains []*nftables.Chain
	rules  []*nftables.Rule
}

func newLayout() *layout {
	l := &layout{table: &nftables.Table{Name: tableName, Family: nftables.TableFamilyINet}}
	l.addSets()
	l.addChains()
	l.chains = append(l.chains, &nftables.Chain{Table: l.table, Name: l.version()})
	return l
}

func (l *layout) addSets() {
	l.trust = &nftables.Set{Table: l.table, ID: 1, Name: "trust", KeyType: nftables.TypeMark, KeyByteOrder: binaryutil.NativeEndian, HasTimeout: true}
	l.sets = map[setID]*nftables.Set{}
	for _, fam := range []family{4, 6} {
		addr := nftables.TypeIPAddr
		if fam == 6 {
			addr = nftables.TypeIP6Addr
		}
		frontend := []nftables.SetDatatype{addr, nftables.TypeInetProto, nftables.TypeInetService}
		with := func(name setName, key ...nftables.SetDatatype) *nftables.Set {
			set := &nftables.Set{Table: l.table, Name: fmt.Sprintf("%s%d", name, fam), Concatenation: true, KeyType: nftables.MustConcatSetType(key...)}
			l.sets[setID{name, fam}] = set
			set.ID = uint32(1 + len(l.sets))
			return set
		}
		with(claimed, frontend...)
		counting := with(flows, append(frontend[:3:3], nftables.TypeMark)...)
		counting.Counter = true
		deciding := with(decisions, append(frontend[:3:3], nftables.TypeMark)...)
		deciding.IsMap = true
		deciding.DataType = nftables.MustConcatSetType(addr, nftables.TypeInetService)
		with(denials, append(frontend[:3:3], nftables.TypeMark)...)
		with(hairpins, addr, addr)
	}
}

func (l *layout) addChains() {
	decide := map[family]*nftables.Chain{}
	for _, fam := range []family{4, 6} {
		decide[fam] = &nftables.Chain{Table: l.table, Name: fmt.Sprintf("decide%d", fam)}
		l.chains = append(l.chains, decide[fam])
		l.addDecisions(decide[fam], fam)
	}
	for _, hook := range []struct {
		name string
		num  *nftables.ChainHook
	}{{"prerouting", nftables.ChainHookPrerouting}, {"output", nftables.ChainHookOutput}} {
		chain := &nftables.Chain{Table: l.table, Name: hook.name, Type: nftables.ChainTypeNAT, Hooknum: hook.num, Priority: beforeDestinationNAT}
		l.chains = append(l.chains, chain)
		l.rule(chain, "sockets of check", passMarked()...)
		l.rule(chain, "no agent for too long", l.passOrphaned()...)
		for _, fam := range []family{4, 6} {
			ours := l.frontend(fam)
			jump := append(ours[:len(ours):len(ours)], &expr.Verdict{Kind: expr.VerdictJump, Chain: decide[fam].Name})
			l.rule(chain, "ours", jump...)
			l.rule(chain, "once more, if a commit came between", jump...)
			l.rule(chain, "let the client try again", append(ours[:len(ours):len(ours)], &expr.Verdict{Kind: expr.VerdictDrop})...)
		}
	}
	chain := &nftables.Chain{Table: l.table, Name: "postrouting", Type: nftables.ChainTypeNAT, Hooknum: nftables.ChainHookPostrouting, Priority: beforeSourceNAT}
	l.chains = append(l.chains, chain)
	for _, fam := range []family{4, 6} {
		l.rule(chain, "a pod that called itself", l.hairpin(fam)...)
	}
}

// addDecisions makes the rules of a frontend of ours, in the order of how often
// they are met. Each frontend meets one of them.
func (l *layout) addDecisions(chain *nftables.Chain, fam family) {
	pick := func(c class, p picker, from, to uint32) {
		for n := from; n <= to; n++ {
			p := pick{class: c, picker: p, n: n}
			l.rule(chain, p.String(), l.translate(fam, p)...)
		}
	}
	pick(local, single, 1, 1)
	pick(fallback, single, 1, 1)
	l.rule(chain, "refuse TCP", l.deny(fam, refused, routes.TCP, &expr.Reject{Type: rejectReset})...)
	l.rule(chain, "refuse", l.deny(fam, refused, 0, &expr.Reject{Type: rejectICMPX, Code: portUnreachable})...)
	l.rule(chain, "drop", l.deny(fam, dropped, 0, &expr.Verdict{Kind: expr.VerdictDrop})...)
	for _, c := range []class{local, fallback} {
		pick(c, sticky, stickySlots, stickySlots)
		pick(c, random, 2, maxBackends)
		pick(c, roundRobin, 2, maxBackends)
	}
}

func (l *layout) rule(chain *nftables.Chain, comment string, exprs ...expr.Any) {
	l.rules = append(l.rules, &nftables.Rule{Table: l.table, Chain: chain, Exprs: exprs, UserData: ruleComment(comment)})
}

// version names an empty chain by which a later agent knows the layout: a hash
// of all there is, so that nobody can forget to count it up.
func (l *layout) version() string {
	h := fnv.New64a()
	for _, chain := range l.chains {
		fmt.Fprintln(h, chain.Name, chain.Type)
	}
	for _, rule := range l.rules {
		fmt.Fprintln(h, rule.Chain.Name, string(rule.UserData))
		for _, e := range rule.Exprs {
			bytes, err := expr.Marshal(byte(l.table.Family), e)
			if err != nil {
				panic(fmt.Sprintf("nftables: a rule of the layout cannot be written: %v", err)) // A constant is wrong.
			}
			h.Write(bytes)
		}
	}
	for _, fam := range []family{4, 6} {
		for _, name := range []setName{claimed, flows, decisions, denials, hairpins} {
			set := l.sets[setID{name, fam}]
			fmt.Fprintln(h, set.Name, set.KeyType.Name, set.DataType.Name, set.Counter)
		}
	}
	return fmt.Sprintf("layout-%016x", h.Sum64())
}

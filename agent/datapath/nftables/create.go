package nftables

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/userdata"
	"golang.org/x/sys/unix"
)

// Attributes that golang.org/x/sys/unix lacks (linux/netfilter/nf_tables.h).
const (
	setFlagConcat  = 0x80 // NFT_SET_CONCAT
	attrDescConcat = 2    // NFTA_SET_DESC_CONCAT
	attrSetExpr    = 17   // NFTA_SET_EXPR
)

// create writes the table, empty.
func (l *layout) create(b *batch) error {
	l.add(b)
	sets := append(slices.Collect(maps.Values(l.sets)), l.trust)
	slices.SortFunc(sets, func(a, b *nftables.Set) int { return cmp.Compare(a.ID, b.ID) })
	for _, set := range sets {
		writeSet(b, set)
	}
	for _, chain := range l.chains {
		writeChain(b, chain)
	}
	for _, rule := range l.rules {
		if err := writeRule(b, rule); err != nil {
			return err
		}
	}
	return nil
}

// add writes that there is the table, if there is none.
func (l *layout) add(b *batch) {
	end := b.message(unix.NFT_MSG_NEWTABLE, unix.NLM_F_CREATE)
	b.text(unix.NFTA_TABLE_NAME, l.table.Name)
	b.number(unix.NFTA_TABLE_FLAGS, 0)
	end()
}

// remove writes that there is no table; it must be there.
func (l *layout) remove(b *batch) {
	end := b.message(unix.NFT_MSG_DELTABLE, 0)
	b.text(unix.NFTA_TABLE_NAME, l.table.Name)
	end()
}

func writeSet(b *batch, set *nftables.Set) {
	end := b.message(unix.NFT_MSG_NEWSET, unix.NLM_F_CREATE)
	defer end()
	var flags uint32
	if set.IsMap {
		flags |= unix.NFT_SET_MAP
	}
	if set.HasTimeout {
		flags |= unix.NFT_SET_TIMEOUT
	}
	if set.Concatenation {
		flags |= setFlagConcat
	}
	b.text(unix.NFTA_SET_TABLE, set.Table.Name)
	b.text(unix.NFTA_SET_NAME, set.Name)
	b.number(unix.NFTA_SET_FLAGS, flags)
	b.number(unix.NFTA_SET_KEY_TYPE, set.KeyType.GetNFTMagic())
	b.number(unix.NFTA_SET_KEY_LEN, set.KeyType.Bytes)
	b.number(unix.NFTA_SET_ID, set.ID)
	if set.IsMap {
		b.number(unix.NFTA_SET_DATA_TYPE, set.DataType.GetNFTMagic())
		b.number(unix.NFTA_SET_DATA_LEN, set.DataType.Bytes)
	}
	if set.Concatenation {
		// How long each part is: nft cannot print the set without.
		desc, concat := b.nest(unix.NFTA_SET_DESC), b.nest(attrDescConcat)
		for _, part := range nftables.ConcatSetTypeElements(set.KeyType) {
			field := b.nest(unix.NFTA_LIST_ELEM)
			b.number(unix.NFTA_DATA_VALUE, part.Bytes) // NFTA_SET_FIELD_LEN
			field()
		}
		concat()
		desc()
	}
	if set.KeyByteOrder != nil {
		const native = 1
		b.bytes(unix.NFTA_SET_USERDATA, userdata.AppendUint32(nil, userdata.NFTNL_UDATA_SET_KEYBYTEORDER, native))
	}
	if set.Counter {
		counter := b.nest(attrSetExpr)
		b.text(unix.NFTA_EXPR_NAME, "counter")
		b.nest(unix.NFTA_EXPR_DATA)()
		counter()
	}
}

func writeChain(b *batch, chain *nftables.Chain) {
	end := b.message(unix.NFT_MSG_NEWCHAIN, unix.NLM_F_CREATE)
	defer end()
	b.text(unix.NFTA_CHAIN_TABLE, chain.Table.Name)
	b.text(unix.NFTA_CHAIN_NAME, chain.Name)
	if chain.Hooknum == nil {
		return
	}
	hook := b.nest(unix.NFTA_CHAIN_HOOK)
	b.number(unix.NFTA_HOOK_HOOKNUM, uint32(*chain.Hooknum))
	b.number(unix.NFTA_HOOK_PRIORITY, uint32(*chain.Priority))
	hook()
	b.text(unix.NFTA_CHAIN_TYPE, string(chain.Type))
}

func writeRule(b *batch, rule *nftables.Rule) error {
	end := b.message(unix.NFT_MSG_NEWRULE, unix.NLM_F_CREATE|unix.NLM_F_APPEND)
	defer end()
	b.text(unix.NFTA_RULE_TABLE, rule.Table.Name)
	b.text(unix.NFTA_RULE_CHAIN, rule.Chain.Name)
	list := b.nest(unix.NFTA_RULE_EXPRESSIONS)
	for _, e := range rule.Exprs {
		expression, err := expr.Marshal(byte(rule.Table.Family), e)
		if err != nil {
			return fmt.Errorf("writing a rule of %s: %w", rule.Chain.Name, err)
		}
		b.bytes(unix.NFTA_LIST_ELEM|unix.NLA_F_NESTED, expression)
	}
	list()
	b.bytes(unix.NFTA_RULE_USERDATA, rule.UserData)
	return nil
}

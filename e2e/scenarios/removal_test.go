package scenarios

import (
	"fmt"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/stage"
)

// removed deletes everything that was installed. Each node is then as it was found: nothing attached, nothing
// pinned, no rule, and what becomes of calls is the proxy's affair.
func removed(s story) {
	e := s.echo(stage.Echo{Name: "left", Fields: []string{"internalTrafficPolicy: Local"}, ServiceAnnotations: required})
	s.settle(e, true)
	for _, n := range s.c.Nodes() {
		if left := s.leftOn(n); len(left) == 0 {
			s.Errorf("%s shows no trace of an agent that runs: the check after its removal would show nothing", n.Name)
		}
	}
	if err := stage.Uninstall(s.ctx, s.c, stage.OverlayAgent); err != nil {
		s.Fatal(err)
	}
	s.wait("nothing of ours to be left in the API", func() (bool, string) {
		left := leftInAPI(s)
		return len(left) == 0, strings.Join(left, "; ")
	})
	for _, n := range s.c.Nodes() {
		s.wait("nothing of the agent's to be left on "+n.Name, func() (bool, string) {
			left := s.leftOn(n)
			return len(left) == 0, strings.Join(left, "; ")
		})
	}
	s.settle(e, true)
	s.allAtHome(e)
}

// hooks are where the eBPF datapath may attach programs.
var hooks = []ebpf.AttachType{
	ebpf.AttachCGroupInet4Connect, ebpf.AttachCGroupInet6Connect,
	ebpf.AttachCGroupUDP4Sendmsg, ebpf.AttachCGroupUDP6Sendmsg,
	ebpf.AttachCGroupUDP4Recvmsg, ebpf.AttachCGroupUDP6Recvmsg,
	ebpf.AttachCgroupInet4GetPeername, ebpf.AttachCgroupInet6GetPeername,
	ebpf.AttachCgroupInetSockRelease,
}

// leftOn is everything of an agent's that a node has, but for its pod.
func (s story) leftOn(n *cluster.Node) []string {
	s.Helper()
	var left []string
	folder, err := os.Open(n.CgroupPath())
	if err != nil {
		s.Fatal(err)
	}
	defer folder.Close()
	for _, hook := range hooks {
		attached, err := link.QueryPrograms(link.QueryOptions{Target: int(folder.Fd()), Attach: hook})
		if err != nil {
			s.Fatal(err)
		}
		if len(attached.Programs) > 0 {
			left = append(left, fmt.Sprintf("%d programs at %s", len(attached.Programs), hook))
		}
	}
	for what, argv := range map[string][]string{
		// Of other names are the kernel's own, which show in every BPF file system.
		"pinned": {"find", "/sys/fs/bpf", "-path", "*inshore*"},
		"tables": {"sh", "-c", "nft list tables | grep inshore || true"},
	} {
		out, err := n.Exec(s.ctx, argv...)
		if err != nil {
			s.Fatal(err)
		}
		if out = strings.TrimSpace(out); out != "" {
			left = append(left, what+": "+strings.ReplaceAll(out, "\n", ", "))
		}
	}
	return left
}

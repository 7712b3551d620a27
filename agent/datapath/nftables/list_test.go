package nftables

import (
	"os/exec"
	"testing"

	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// TestOthersCanListOurTable: a table that nft cannot print would break every tool
// on the node that lists the ruleset.
func TestOthersCanListOurTable(t *testing.T) {
	n := newNode(t)
	d := open(t, n, Config{})
	replace(t, d, routes.Table{
		frontend(serviceV4, routes.TCP):      {Local: to("10.1.2.2:8080", "10.1.2.3:8080")},
		frontend(serviceV6, routes.UDP):      {Local: to("[fd02::2]:8080")},
		frontend("10.96.0.1:1", routes.SCTP): {Behaviour: v1alpha1.NoLocalEndpointDrop},
	})
	n.in(func() {
		for _, arguments := range [][]string{{"list", "ruleset"}, {"-j", "list", "ruleset"}, {"list", "table", "inet", tableName}} {
			out, err := exec.Command("nft", arguments...).CombinedOutput()
			if err != nil {
				t.Errorf("nft %v: %v\n%s", arguments, err, out)
			}

		}
	})
}

package introspect_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/agent/introspect"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// subject is an agent that a test makes up.
type subject struct {
	status introspect.Status
	routes []introspect.Route
}

func (s *subject) Status() introspect.Status  { return s.status }
func (s *subject) Routes() []introspect.Route { return s.routes }

func serve(t *testing.T, s *subject) introspect.Client {
	t.Helper()
	server := httptest.NewServer(introspect.NewHandler(s))
	t.Cleanup(server.Close)
	return introspect.Client{Address: strings.TrimPrefix(server.URL, "http://")}
}

func TestTheClientReadsWhatTheHandlerWrites(t *testing.T) {
	now := time.Unix(1000, 0)
	want := &subject{
		status: introspect.Status{
			Version: "v1", Node: "node-0", Scope: "opted-in", Started: now, Problems: []string{"no table"},
			Datapath:     introspect.Datapath{Names: []string{"ebpf"}, Reason: "auto", Canary: &now, CanaryError: "lost"},
			Table:        introspect.Table{Services: 1, Frontends: 2, Capacity: 3, Committed: &now},
			LeaseRenewed: &now,
		},
		routes: []introspect.Route{introspect.NewRoute(frontend("10.96.0.1"), route("a"))},
	}
	client := serve(t, want)
	status, err := client.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.status, status, cmpopts.EquateApproxTime(0)); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	all, err := client.Routes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.routes, all, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
}

func TestProbes(t *testing.T) {
	tests := map[string]struct {
		ready    bool
		problems []string
		path     string
		code     int
		says     string
	}{
		"if nothing is missing, it is ready":    {true, nil, "/readyz", http.StatusOK, "ok\n"},
		"if something is missing, it says what": {false, []string{"no table", "no canary"}, "/readyz", http.StatusServiceUnavailable, "no table\nno canary\n"},
		"if it is not ready, it lives":          {false, []string{"no table"}, "/healthz", http.StatusOK, "ok\n"},
		"if the path is another, there is none": {true, nil, "/debug/pprof/", http.StatusNotFound, "404 page not found\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			client := serve(t, &subject{status: introspect.Status{Ready: test.ready, Problems: test.problems}})
			response, err := http.Get("http://" + client.Address + test.path)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != test.code || string(body) != test.says {
				t.Errorf("%d %q %v, want %d %q", response.StatusCode, body, err, test.code, test.says)
			}
		})
	}
}

func TestNothingCanBeChanged(t *testing.T) {
	client := serve(t, &subject{})
	response, err := http.Post("http://"+client.Address+"/routes", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST is answered %d", response.StatusCode)
	}
}

func TestAnAgentThatIsNotThereIsAnError(t *testing.T) {
	if _, err := (introspect.Client{Address: "127.0.0.1:1"}).Status(t.Context()); err == nil || !strings.Contains(err.Error(), "asking the agent") {
		t.Errorf("got %v", err)
	}
	stranger := httptest.NewServer(http.NotFoundHandler())
	defer stranger.Close()
	if _, err := (introspect.Client{Address: strings.TrimPrefix(stranger.URL, "http://")}).Routes(t.Context()); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("got %v", err)
	}
}

func frontend(addr string) routes.Frontend {
	return routes.Frontend{Addr: netip.MustParseAddr(addr), Port: 80, Protocol: routes.TCP}
}

func route(service string, local ...string) *routes.Route {
	r := &routes.Route{Service: types.NamespacedName{Namespace: "core", Name: service}, Behaviour: v1alpha1.NoLocalEndpointReject}
	for _, backend := range local {
		r.Local = append(r.Local, netip.MustParseAddrPort(backend))
	}
	return r
}

func ExampleWriteRoutes() {
	away := route("search")
	away.Behaviour, away.Fallback = v1alpha1.NoLocalEndpointFallback, []netip.AddrPort{netip.MustParseAddrPort("10.244.7.7:8080")}
	silent := route("logs")
	silent.Behaviour = v1alpha1.NoLocalEndpointDrop
	all := []introspect.Route{
		introspect.NewRoute(frontend("10.96.0.3"), away),
		introspect.NewRoute(frontend("10.96.0.4"), silent),
		introspect.NewRoute(frontend("10.96.0.2"), route("cache", "10.244.0.7:11211")),
		introspect.NewRoute(frontend("fd00::2"), route("cache")),
		introspect.NewRoute(routes.Frontend{Addr: netip.MustParseAddr("10.96.0.9"), Port: 53, Protocol: routes.UDP}, route("zone")),
	}
	all[4].Routed = false
	introspect.SortRoutes(all)
	if err := introspect.WriteRoutes(os.Stdout, all); err != nil {
		fmt.Println(err)
	}
	// Output:
	// SERVICE      PORT  FRONTEND          GOES TO                        WITHOUT A LOCAL POD
	// core/cache   -     10.96.0.2:80/TCP  10.244.0.7:11211               reject
	// core/cache   -     [fd00::2]:80/TCP  nowhere (refused)              reject
	// core/logs    -     10.96.0.4:80/TCP  nowhere (dropped)              drop
	// core/search  -     10.96.0.3:80/TCP  other nodes: 10.244.7.7:8080   fallback
	// core/zone    -     10.96.0.9:53/UDP  the cluster's proxy (no room)  reject
}

func ExampleStatus_WriteText() {
	started := time.Unix(1000, 0)
	committed := started.Add(time.Minute)
	status := introspect.Status{
		Version: "v0.1.0", Node: "node-0", Scope: "opted-in", Started: started, Ready: true,
		Datapath:     introspect.Datapath{Names: []string{"ebpf"}, Reason: "auto: eBPF works here", CgroupRoot: "/sys/fs/cgroup", Canary: &committed},
		Table:        introspect.Table{Services: 2, Frontends: 3, Capacity: 1000, Local: 2, Refused: 1, Committed: &committed},
		LeaseRenewed: &committed,
	}
	if err := status.WriteText(os.Stdout, started.Add(2*time.Minute)); err != nil {
		fmt.Println(err)
	}
	// Output:
	// ready        yes
	// node         node-0
	// version      v0.1.0, running for 2m0s
	// scope        opted-in
	// datapath     ebpf (auto: eBPF works here)
	// cgroup root  /sys/fs/cgroup
	// canary       passed 1m0s ago
	// table        3 frontends of at most 1000 of 2 Services, committed 1m0s ago
	// calls go     2 local, 0 to other nodes, 1 refused, 0 dropped
	// gates        0 to open
	// lease        renewed 1m0s ago
}

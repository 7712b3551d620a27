package agent

import (
	"net/http"
	"strings"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/inshore-dev/inshore/agent"
	"github.com/inshore-dev/inshore/cmd/internal/version"
)

// metricsHandler answers /metrics with the registry and after it the counters
// of each Service, which are streamed (see [agent.Agent.WriteConnections]).
type metricsHandler struct {
	registry http.Handler
	agent    *agent.Agent
	log      logr.Logger
}

func newMetricsHandler(registry *prometheus.Registry, a *agent.Agent, log logr.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", &metricsHandler{
		// Uncompressed, so that something can follow.
		registry: promhttp.HandlerFor(registry, promhttp.HandlerOpts{DisableCompression: true}),
		agent:    a, log: log,
	})
	return mux
}

// ServeHTTP writes the text format, the only one that both halves speak.
func (h *metricsHandler) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	request = request.Clone(request.Context())
	request.Header.Set("Accept", "text/plain;version=0.0.4")
	h.registry.ServeHTTP(w, request)
	if err := h.agent.WriteConnections(w); err != nil {
		h.log.Error(err, "Cannot write the Services' counters")
	}
}

// registerGivenUp says whether `auto` had to do without eBPF: refused by the
// verifier, not to be attached, or without effect. Zero is an answer. The reason is in
// the log and in `inshore-agent status`; with --datapath=ebpf the process ends with it.
func registerGivenUp(registry prometheus.Registerer, c *carrier) {
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "inshore_agent_ebpf_given_up",
		Help: "Whether --datapath=auto uses nftables because eBPF did not load, attach or route here: 1 or 0.",
	}, func() float64 {
		if c.describe().GivenUp != "" {
			return 1
		}
		return 0
	}))
}

// registerInfo says what runs.
func registerInfo(registry prometheus.Registerer, node string, c *carrier) {
	registry.MustRegister(&info{carrier: c, desc: prometheus.NewDesc("inshore_agent_info",
		"What runs; always 1.", []string{"version", "datapath"}, prometheus.Labels{"node": node})})
}

// info is a gauge whose label may change: `auto` decides with the first table.
type info struct {
	carrier *carrier
	desc    *prometheus.Desc
}

func (i *info) Describe(out chan<- *prometheus.Desc) { out <- i.desc }

func (i *info) Collect(out chan<- prometheus.Metric) {
	out <- prometheus.MustNewConstMetric(i.desc, prometheus.GaugeValue, 1,
		version.String(), strings.Join(i.carrier.describe().Names, "+"))
}

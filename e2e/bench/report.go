package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Report is all that a run found.
type Report struct {
	Date     time.Time `json:"date"`
	Duration string    `json:"duration"`
	Machine  Machine   `json:"machine"`
	Versions Versions  `json:"versions"`
	// Latencies are of every number of Services, arm and measure.
	Latencies   []Latency     `json:"latencies"`
	Programming []Programming `json:"programming"`
	Usage       []Usage       `json:"usage"`
	Bars        []Bar         `json:"bars"`
	// Missing says what was to be measured and was not, and why.
	Missing []string `json:"missing,omitempty"`
}

// Machine is what everything ran on.
type Machine struct {
	Processor  string `json:"processor"`
	Processors int    `json:"processors"`
	MemoryMiB  int    `json:"memoryMiB"`
	Kernel     string `json:"kernel"`
	// LoadBefore and LoadAfter are the load average of the last minute, before and
	// after: over what the run itself brings, it is the neighbours.
	LoadBefore float64 `json:"loadBefore"`
	LoadAfter  float64 `json:"loadAfter"`
}

// Versions are of the programs that took part.
type Versions struct {
	Kubernetes string `json:"kubernetes"`
	Go         string `json:"go"`
	NFT        string `json:"nft"`
	IPTables   string `json:"iptables"`
}

// Latency is one measure over one arm.
type Latency struct {
	Services int     `json:"services"`
	Arm      Arm     `json:"arm"`
	Measure  Measure `json:"measure"`
	// Node is the arm that the node is there for: the pod's IP is measured on each,
	// since packets to it pass the rules of whatever routes Services there.
	Node Arm `json:"node"`
	// Microseconds are of single calls. Failed calls are not among them.
	Microseconds Spread `json:"microseconds"`
	Failed       int    `json:"failed"`
	Error        string `json:"error,omitempty"`
	// ToPodIP compares with calls to the pod's IP on the same node, ToBarePodIP with
	// those on the first node, where no kube-proxy is. Nil for what they are compared with.
	ToPodIP     *Ratio `json:"toPodIP,omitempty"`
	ToBarePodIP *Ratio `json:"toBarePodIP,omitempty"`
}

// Programming is how long it takes until calls reach a pod that has become ready.
type Programming struct {
	Arm      Arm `json:"arm"`
	Services int `json:"services"`
	// FromSeen begins when the API server is first heard to say that the pod is ready,
	// over a watch like the agent's or in answer to the write, FromWritten before that
	// write, FromSlice when a watch tells that the pod's EndpointSlice has it ready.
	// All end when a connection through the ClusterIP stands. What is below 0 stood before the
	// watch here was told: it hears of a change about when the agent's does, before or after.
	FromSeen    Spread `json:"fromSeenMicroseconds"`
	FromWritten Spread `json:"fromWrittenMicroseconds"`
	FromSlice   Spread `json:"fromSliceMicroseconds"`
	Failed      int    `json:"failed"`
}

// Usage is what a router's process takes.
type Usage struct {
	Arm      Arm    `json:"arm"`
	Process  string `json:"process"`
	Services int    `json:"services"`
	Idle     Load   `json:"idle"`
	// Churn is while pods everywhere become ready or unready, ChangesPerSecond times.
	Churn            *Load   `json:"churn,omitempty"`
	ChangesPerSecond float64 `json:"changesPerSecond,omitempty"`
}

// Load is memory at the end of a while, and processor time over it.
type Load struct {
	RSSMiB float64 `json:"rssMiB"`
	// CPU is in thousandths of one processor.
	CPU float64 `json:"cpuMilli"`
}

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// find returns the latency of an arm on its own node; nil if it was not measured.
func (r *Report) find(services int, arm Arm, measure Measure) *Latency {
	for i := range r.Latencies {
		l := &r.Latencies[i]
		if l.Services == services && l.Arm == arm && l.Measure == measure && (arm != PodIP || l.ToBarePodIP == nil) {
			return l
		}
	}
	return nil
}

package main

import (
	"strings"
	"sync"
	"time"
)

// counts are what came of a run's requests so far. They only ever grow.
type counts struct {
	mu       sync.Mutex
	ok       latencies
	nodes    map[string]int
	pods     map[string]int
	failed   map[string]*latencies
	failures []failure
}

// failure is one request without an answer.
type failure struct {
	// At is when it began, Micros how long it took to fail.
	At     time.Time `json:"at"`
	Micros int64     `json:"micros"`
	Kind   string    `json:"kind"`
	Error  string    `json:"error"`
}

// keptFailures is how many are told one by one; all are counted.
const keptFailures = 50

func newCounts() *counts {
	return &counts{nodes: map[string]int{}, pods: map[string]int{}, failed: map[string]*latencies{}}
}

func (c *counts) add(begin time.Time, took time.Duration, answer string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		node, pod, _ := strings.Cut(answer, " ")
		c.ok.add(took)
		c.nodes[node]++
		c.pods[pod]++
		return
	}
	kind := kind(err)
	if c.failed[kind] == nil {
		c.failed[kind] = &latencies{}
	}
	c.failed[kind].add(took)
	if len(c.failures) < keptFailures {
		c.failures = append(c.failures, failure{At: begin, Micros: took.Microseconds(), Kind: kind, Error: err.Error()})
	}
}

// report is what is told of counts.
type report struct {
	OK       latency            `json:"ok"`
	Nodes    map[string]int     `json:"nodes"`
	Pods     map[string]int     `json:"pods"`
	Failed   int                `json:"failed"`
	Errors   map[string]latency `json:"errors"`
	Failures []failure          `json:"failures"`
}

func (c *counts) report() report {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := report{OK: c.ok.sum(), Nodes: map[string]int{}, Pods: map[string]int{}, Errors: map[string]latency{}}
	for node, n := range c.nodes {
		r.Nodes[node] = n
	}
	for pod, n := range c.pods {
		r.Pods[pod] = n
	}
	for kind, l := range c.failed {
		r.Errors[kind] = l.sum()
		r.Failed += l.count
	}
	r.Failures = append(r.Failures, c.failures...)
	return r
}

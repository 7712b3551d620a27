package proxycheck

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"text/tabwriter"
)

// Result is what was found of one frontend.
type Result struct {
	// Service is namespace/name.
	Service  string         `json:"service"`
	Port     string         `json:"port,omitempty"`
	Frontend netip.AddrPort `json:"frontend"`
	Verdict  Verdict        `json:"verdict"`
	// Backends are the addresses that the proxy chose, sorted.
	Backends []netip.AddrPort `json:"backends,omitempty"`
	// Detail says what else was seen, if that helps.
	Detail string `json:"detail,omitempty"`
}

// Skipped is a frontend that was not probed.
type Skipped struct {
	Service  string         `json:"service"`
	Port     string         `json:"port,omitempty"`
	Frontend netip.AddrPort `json:"frontend"`
	Reason   string         `json:"reason"`
}

// Report is what the proxy does on this node.
type Report struct {
	Results []Result  `json:"results"`
	Skipped []Skipped `json:"skipped,omitempty"`
	// HonoursLocal is whether nothing that was probed left the node or was not
	// known. It is true of nothing at all.
	HonoursLocal bool `json:"honoursLocal"`
}

// WriteText writes the report for people, a frontend a line.
func (r *Report) WriteText(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, result := range r.Results {
		mark := "ok"
		if !result.Verdict.keeps() {
			mark = "NO"
		}
		text := result.Verdict.explain()
		if len(result.Backends) > 0 {
			text += ": " + join(result.Backends)
		}
		if result.Detail != "" {
			text += " (" + result.Detail + ")"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", mark, name(result.Service, result.Port), result.Frontend, text)
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(table, "--\t%s\t%s\tnot probed: %s\n", name(s.Service, s.Port), s.Frontend, s.Reason)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func name(service, port string) string {
	if port == "" {
		return service
	}
	return service + " (" + port + ")"
}

func join(addresses []netip.AddrPort) string {
	texts := make([]string, len(addresses))
	for i, a := range addresses {
		texts[i] = a.String()
	}
	return strings.Join(texts, ", ")
}

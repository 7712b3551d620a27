package churn

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// Table shows a line for each account and one for their sum, and below it why
// requests were refused though no rule did.
func Table(accounts []*Account) string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "phase\tseconds\trequests\tok\tby rule\tunavailable\tmissed\tunrepaired\trepair\tp50\tp99\tmax\t")
	accounts = append(accounts[:len(accounts):len(accounts)], Sum("all", accounts))
	for _, a := range accounts {
		fmt.Fprintf(table, "%s\t%.0f\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t\n", a.Phase, a.Took.Seconds(),
			a.Requests, a.OK, a.Refused, a.Refusals(), a.Missed, a.Unrepaired, a.RepairTook.Round(100*time.Millisecond),
			short(a.Latency(0.5)), short(a.Latency(0.99)), short(a.Latency(1)))
	}
	_ = table.Flush()
	for _, a := range accounts[:len(accounts)-1] {
		if causes := a.Causes(); len(causes) > 0 {
			fmt.Fprintf(&text, "  %s: %s\n", a.Phase, strings.Join(causes, ", "))
		}
		// What has no name of ours is shown.
		for why, example := range a.Examples {
			if strings.HasPrefix(why, "API server: ") || strings.HasSuffix(why, ": other") {
				fmt.Fprintf(&text, "    %s, for example: %.300s\n", why, example)
			}
		}
		if a.Held > 0 {
			fmt.Fprintf(&text, "  %s: %d requests were not begun, as too many were under way\n", a.Phase, a.Held)
		}
	}
	return text.String()
}

// short is a duration in milliseconds, or in seconds from ten on.
func short(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.0fms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%.1fs", d.Seconds())
}

// Command prometheus reads PromQL expressions, one a line of standard input as a
// JSON string, with Prometheus' own parser, and answers a line for each: what series
// it selects and which of their labels it uses.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// use is what an expression takes from one metric.
type use struct {
	Metric string   `json:"metric"`
	Labels []string `json:"labels"`
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	expressions, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var text string
		if err := expressions.Decode(&text); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading an expression: %w", err)
		}
		expression, err := parser.NewParser(parser.Options{}).ParseExpr(text)
		if err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
		if err := answers.Encode(uses(expression)); err != nil {
			return fmt.Errorf("answering: %w", err)
		}
	}
}

// uses walks an expression. Labels that an aggregation or a matching of two vectors
// names are looked for in each series below it.
func uses(expression parser.Expr) []use {
	found := []use{}
	parser.Inspect(expression, func(node parser.Node, path []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		u := use{Metric: selector.Name}
		for _, matcher := range selector.LabelMatchers {
			if matcher.Name == labels.MetricName {
				u.Metric = matcher.Value
				continue
			}
			u.Labels = append(u.Labels, matcher.Name)
		}
		for _, above := range path {
			if aggregation, ok := above.(*parser.AggregateExpr); ok && !aggregation.Without {
				u.Labels = append(u.Labels, aggregation.Grouping...)
			}
		}
		slices.Sort(u.Labels)
		u.Labels = slices.Compact(u.Labels)
		found = append(found, u)
		return nil
	})
	return found
}

package review

import (
	"testing"
)

func TestNearestCandidate(t *testing.T) {
	for name, test := range map[string]struct {
		candidates []string
		folder     string
		want       string
	}{
		"the only one":                               {[]string{"x/a.yaml"}, "y", "x/a.yaml"},
		"in the same folder":                         {[]string{"dev/a.yaml", "prod/a.yaml"}, "prod", "prod/a.yaml"},
		"in the same folder rather than below it":    {[]string{"prod/eu/a.yaml", "prod/z.yaml"}, "prod", "prod/z.yaml"},
		"in a sibling rather than in a cousin":       {[]string{"a/x/a.yaml", "b/x/a.yaml"}, "b/y", "b/x/a.yaml"},
		"in the folder above rather than elsewhere":  {[]string{"a/a.yaml", "b/a.yaml"}, "b/overlay", "b/a.yaml"},
		"the first file if several are equally near": {[]string{"a/a.yaml", "b/a.yaml"}, "c", "a/a.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			var candidates []*kept
			for _, file := range test.candidates {
				candidates = append(candidates, &kept{Ref: Ref{File: file}})
			}
			if got := nearest(candidates, test.folder).File; got != test.want {
				t.Errorf("nearest = %s, want %s", got, test.want)
			}
		})
	}
}

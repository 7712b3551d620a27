package review

import (
	"slices"
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

func TestNearestOfEachKind(t *testing.T) {
	for name, test := range map[string]struct {
		candidates [][2]string // kind and file
		folder     string
		want       []string
	}{
		"another kind in another environment is not there": {
			[][2]string{{"Deployment", "dev/a.yaml"}, {"DaemonSet", "prod/a.yaml"}}, "prod", []string{"DaemonSet prod/a.yaml"}},
		"two kinds in one environment are both there": {
			[][2]string{{"Deployment", "prod/a.yaml"}, {"DaemonSet", "prod/b.yaml"}}, "prod", []string{"Deployment prod/a.yaml", "DaemonSet prod/b.yaml"}},
		"two kinds, equally far, are both there": {
			[][2]string{{"Deployment", "x/a.yaml"}, {"DaemonSet", "y/b.yaml"}}, "services", []string{"Deployment x/a.yaml", "DaemonSet y/b.yaml"}},
		"one of each kind": {
			[][2]string{{"DaemonSet", "x/a.yaml"}, {"DaemonSet", "x/b.yaml"}}, "x", []string{"DaemonSet x/a.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			var candidates []*kept
			for _, c := range test.candidates {
				candidates = append(candidates, &kept{Ref: Ref{Kind: c[0], File: c[1]}})
			}
			var got []string
			for _, s := range nearestOfEach(candidates, test.folder) {
				got = append(got, s.Kind+" "+s.File)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("nearest of each kind = %v, want %v", got, test.want)
			}
		})
	}
}

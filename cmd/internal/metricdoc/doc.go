// Package metricdoc writes down which metrics a program has, from its registry: the
// tables in docs/metrics.md, which tests compare with the registries of the real
// programs, and which alerts and dashboards are held against.
package metricdoc

// Package monitoring holds what is shipped for Prometheus and Grafana against
// Prometheus itself and against what the programs really expose: alerts fire when
// they should and are silent when not (promtool), and each metric and label that an
// alert or a panel uses exists. It has tests only.
package monitoring

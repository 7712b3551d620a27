// Package logger opens the log of a program that runs in a cluster: logr over
// zap, JSON lines on standard error.
package logger

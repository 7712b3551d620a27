// Package memory keeps what a long-lived program holds in RAM to what it needs.
package memory

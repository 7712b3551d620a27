// Package demo tells the main job of Inshore on a real cluster, step by step,
// and fails if a step does not hold: it is a test that explains itself.
package demo

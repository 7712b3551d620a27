// Package replay makes logged decisions again by other rules and says what would
// change: what a change of policy would break, before it ships.
package replay

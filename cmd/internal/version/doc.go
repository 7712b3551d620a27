// Package version says which build a program is.
package version

// Package excerpt cuts texts to the bounds that an API server sets on events,
// warnings and objects.
package excerpt

package review

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"regexp"

	"github.com/inshore-dev/inshore/policies"
)

// listIndex is left out of fingerprints: a container put before another one
// makes no new finding of the old one.
var listIndex = regexp.MustCompile(`\[\d+\]`)

// fingerprint names each finding by what it is about and not by where it
// stands, so that a baseline and a code host know it again after lines moved:
// the rule, the file, the object and the field. Where several findings share
// these, they are numbered in their order.
func (r *Report) fingerprint() {
	seen := map[string]int{}
	for i := range r.Results {
		r.Results[i].Fingerprint = nextFingerprint(seen, r.Results[i])
	}
	for i := range r.Excepted {
		r.Excepted[i].Fingerprint = nextFingerprint(seen, r.Excepted[i].Result)
	}
}

func nextFingerprint(seen map[string]int, result Result) string {
	about := []string{
		result.ID, filepath.ToSlash(result.File), result.APIVersion, result.Kind, result.Namespace, result.Name,
		listIndex.ReplaceAllString(result.Field, "[]"),
	}
	if result.ID == policies.IDMalformed {
		// There is no object to name; the message says what cannot be read.
		about = append(about, result.Message)
	}
	// Quoted, so that two lists of words are never the same text.
	key := fmt.Sprintf("%q", about)
	seen[key]++
	hash := sha256.Sum256(fmt.Appendf(nil, "%s %d", key, seen[key]))
	return hex.EncodeToString(hash[:16])
}

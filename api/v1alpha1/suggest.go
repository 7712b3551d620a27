package v1alpha1

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// maxShown is how much of a user's text is repeated to them, in bytes.
const maxShown = 64

// ipvs are the short names that `ipvsadm -s` takes, for people who bring them.
var ipvs = map[string]Balance{
	"rr":  BalanceRoundRobin,
	"lc":  BalanceLeastConnection,
	"sh":  BalanceSourceHash,
	"dh":  BalanceDestinationHash,
	"sed": BalanceShortestExpectedDelay,
	"nq":  BalanceNeverQueue,
}

// nearest is the candidate that the text most likely stands for, or "". Of
// candidates that are equally near, the first wins, which in every list of ours
// is the default.
func nearest(text string, candidates []string) string {
	if text == "" || len(text) > maxShown {
		return ""
	}
	text = strings.ToLower(strings.TrimSpace(text))
	best, least := "", len(text)
	for _, candidate := range candidates {
		if candidate == string(ipvs[text]) {
			return candidate
		}
		distance := levenshtein.ComputeDistance(text, candidate)
		if len(text) >= 3 && strings.HasPrefix(candidate, text) {
			distance = 1
		}
		if distance < least && distance <= (len(candidate)+2)/3 {
			best, least = candidate, distance
		}
	}
	return best
}

// shown makes a user's text fit for a message: short, valid UTF-8, and without
// control characters that would act on a terminal.
func shown(text string) string {
	return cut(text, maxShown)
}

func cut(text string, limit int) string {
	whole := len(text)
	if whole > limit {
		text = text[:limit]
		// Back up to the start of the rune that the limit went through.
		for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
			if tail := text[len(text)-i:]; utf8.RuneStart(tail[0]) {
				if !utf8.FullRuneInString(tail) {
					text = text[:len(text)-i]
				}
				break
			}
		}
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(text, string(utf8.RuneError)))
	if whole > limit {
		return fmt.Sprintf("%s… (%d bytes)", text, whole)
	}
	return text
}

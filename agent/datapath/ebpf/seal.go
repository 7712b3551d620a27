package ebpf

import "github.com/inshore-dev/inshore/agent/routes"

// Where things are in a decision, counted in words; bpf/types.h has the structs,
// bpf/verify.h says what the checks are for.
const (
	wordTag   = 0
	wordFacts = 1
	wordCheck = 2
	wordsHead = 4
)

// mix is the mix of bpf/verify.h.
func mix(hash, word uint64) uint64 {
	hash = (hash ^ word) * 0x9e3779b97f4a7c15
	return hash ^ hash>>32
}

// seal puts a tag and the checks into a decision, which has everything else.
func seal(decision, frontend []byte, tag uint64) {
	setWord(decision, wordTag, tag)
	setWord(decision, wordCheck, headCheck(decision, frontend))
	for slot := range routes.MaxLocal + routes.MaxFallback {
		at, words := slotAt(decision, slot)
		setWord(decision, at+words, slotCheck(decision, slot))
	}
}

// sealed reports whether a decision is whole and this frontend's.
func sealed(decision, frontend []byte) bool {
	whole := word(decision, wordCheck) == headCheck(decision, frontend)
	for slot := range routes.MaxLocal + routes.MaxFallback {
		at, words := slotAt(decision, slot)
		whole = whole && word(decision, at+words) == slotCheck(decision, slot)
	}
	return whole
}

func headCheck(decision, frontend []byte) uint64 {
	check := mix(1, word(decision, wordTag))
	for i := range len(frontend) / 8 {
		check = mix(check, word(frontend, i))
	}
	return mix(check, word(decision, wordFacts))
}

func slotCheck(decision []byte, slot int) uint64 {
	check := mix(mix(2, word(decision, wordTag)), uint64(slot))
	at, words := slotAt(decision, slot)
	for i := range words {
		check = mix(check, word(decision, at+i))
	}
	return check
}

// slotAt is where a slot's address begins, and how many words it has before its
// check.
func slotAt(decision []byte, slot int) (at, words int) {
	stride := (len(decision)/8 - wordsHead) / (routes.MaxLocal + routes.MaxFallback)
	return wordsHead + slot*stride, stride - 1
}

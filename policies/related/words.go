package related

import (
	"hash/maphash"
	"sync"
)

// words are texts that a cluster says over and over: label keys, protocols, the
// names of containers. Packed objects name them by number.
//
// A word keeps its number for good, so there is a bound on words and their
// length; a text that is not among them is spelled out, which costs a few bytes and
// nothing else. It is one table for all stores: a text means the same in each.
type words struct {
	mu      sync.Mutex
	numbers map[string]int
	// list is written under the lock and read without it: whoever holds a
	// number got it from someone who held the lock.
	list     [maxWords]string
	sighting [sightings]sighting
}

const (
	maxWords   = 4096
	maxWordLen = 64
	// sightings bounds how many texts are counted on their way to becoming words.
	sightings = 4096
	// oftenEnough keeps the names of one application, which its Service and
	// its DaemonSet repeat, out of the table.
	oftenEnough = 20
)

// sighting counts one text by its hash. A text that falls on another's place
// counts it down and takes the place at zero, so that what is common stays.
type sighting struct {
	hash  uint32
	count uint8
}

var (
	common = words{numbers: map[string]int{}}
	seed   = maphash.MakeSeed()
)

// number is the word's; ok is false for a text that is none.
func (w *words) number(text string) (number int, ok bool) {
	if len(text) < 2 || len(text) > maxWordLen {
		return 0, false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if number, ok := w.numbers[text]; ok {
		return number, true
	}
	if len(w.numbers) == maxWords || !w.often(text) {
		return 0, false
	}
	number = len(w.numbers)
	// The text may be a part of something large.
	text = string([]byte(text))
	w.list[number], w.numbers[text] = text, number
	return number, true
}

// often counts the text, and reports whether that was often enough.
func (w *words) often(text string) bool {
	hash := maphash.String(seed, text)
	s := &w.sighting[hash%sightings]
	switch half := uint32(hash >> 32); {
	case s.count == 0:
		*s = sighting{half, 1}
	case s.hash == half:
		s.count++
	default:
		s.count--
	}
	if s.count < oftenEnough {
		return false
	}
	s.count = 0
	return true
}

// text is the word of a number.
func (w *words) text(number int) string { return w.list[number] }

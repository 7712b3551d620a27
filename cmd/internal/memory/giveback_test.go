package memory

import (
	"slices"
	"testing"

	"github.com/go-logr/logr"
)

func TestOnlyWhatCannotHaveChangedIsGivenBack(t *testing.T) {
	const maps = `00400000-00e00000 r-xp 00000000 08:01 17                                 /inshore-agent
00e00000-01800000 r--p 00a00000 08:01 17                                 /inshore-agent
01800000-01900000 rw-p 01400000 08:01 17                                 /inshore-agent
01900000-03a00000 rw-p 00000000 00:00 0
7f0000000000-7f0000021000 r--p 00000000 08:01 18                         /lib/other.so
7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]
`
	want := []region{{0x400000, 0xa00000}, {0xe00000, 0xa00000}}
	if got := unchanged(maps, "/inshore-agent"); !slices.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
	if got := unchanged("nonsense\n4-x r--p 0 0 0 /inshore-agent\n", "/inshore-agent"); len(got) > 0 {
		t.Errorf("got %x of nonsense", got)
	}
}

func TestThisProgramRunsOnAfterItGaveItsPagesBack(t *testing.T) {
	if bytes := GiveBack(logr.Discard()); bytes == 0 {
		t.Error("nothing was given back: is the program not in /proc/self/maps?")
	}
	// The code that runs now comes back from the file.
	TestOnlyWhatCannotHaveChangedIsGivenBack(t)
}

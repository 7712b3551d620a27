package dockerfile

import (
	"strings"
	"testing"
)

// instruction is one line of a Dockerfile, with its continuations joined.
type instruction struct {
	name, value string
}

// stage is a FROM and what follows it.
type stage struct {
	name, base   string
	instructions []instruction
}

// parse reads as much of the Dockerfile's grammar as ours uses: comments,
// continuation lines and stages. Instructions before the first FROM are a stage
// without a name.
func parse(text string) []stage {
	stages := []stage{{}}
	var joined strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if rest, more := strings.CutSuffix(line, `\`); more {
			joined.WriteString(rest)
			continue
		}
		joined.WriteString(line)
		name, value, _ := strings.Cut(joined.String(), " ")
		joined.Reset()
		if name == "FROM" {
			stages = append(stages, from(value))
			continue
		}
		last := &stages[len(stages)-1]
		last.instructions = append(last.instructions, instruction{name, strings.TrimSpace(value)})
	}
	return stages
}

// from reads "[--platform=P] BASE AS NAME".
func from(value string) stage {
	var s stage
	words := strings.Fields(value)
	for i, word := range words {
		switch {
		case strings.HasPrefix(word, "--"):
		case s.base == "":
			s.base = word
		case strings.EqualFold(word, "AS") && i+1 < len(words):
			s.name = words[i+1]
		}
	}
	return s
}

// all are the values of one kind of instruction.
func (s stage) all(name string) []string {
	var values []string
	for _, i := range s.instructions {
		if i.name == name {
			values = append(values, i.value)
		}
	}
	return values
}

func find(t *testing.T, stages []stage, name string) stage {
	t.Helper()
	for _, s := range stages {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("the Dockerfile has no stage %q", name)
	return stage{}
}

func TestParse(t *testing.T) {
	stages := parse("ARG A=1\n\n# why\nFROM --platform=p golang:${A} AS build\nRUN a \\\n  # inside\n  b\nFROM scratch AS x\nUSER 1\n")
	if len(stages) != 3 || stages[0].all("ARG")[0] != "A=1" || stages[1].base != "golang:${A}" {
		t.Fatalf("parsed %+v", stages)
	}
	if got := stages[1].all("RUN"); len(got) != 1 || strings.Join(strings.Fields(got[0]), " ") != "a b" {
		t.Errorf("RUN is %q", got)
	}
	if x := find(t, stages, "x"); x.base != "scratch" || x.all("USER")[0] != "1" {
		t.Errorf("stage x is %+v", x)
	}
}

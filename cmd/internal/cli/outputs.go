package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/cmd/internal/review"
)

// outputs are where a report goes: once to standard output, and to any number of
// files.
type outputs struct {
	standard review.Format
	// chosen says how the user chose the standard one, "" if not at all.
	chosen string
	files  []fileOutput
}

// fileOutput is one file and its format.
type fileOutput struct {
	format review.Format
	file   string
}

// addOutputFlags adds --format FORMAT, for standard output, and --output, which
// takes FORMAT=FILE or, as kubectl has it, FORMAT alone.
func addOutputFlags(command *cobra.Command) *outputs {
	o := &outputs{standard: review.Formats[0]}
	format := &formatFlag{o}
	command.Flags().Var(format, "format", "how to write the report to standard output: "+formatNames())
	command.Flags().VarP(&outputFlag{o}, "output", "o",
		"also write the report to a file in a format, sarif=report.sarif; may be repeated. A format alone is for standard output, as --format")
	complete := func(name string, values []string, directive cobra.ShellCompDirective) {
		if err := command.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, directive)); err != nil {
			panic(err) // only if the flag is not there or has one already
		}
	}
	var names, files []string
	for _, format := range review.Formats {
		names = append(names, string(format))
		files = append(files, string(format)+"=")
	}
	complete("format", names, cobra.ShellCompDirectiveNoFileComp)
	complete("output", files, cobra.ShellCompDirectiveNoSpace)
	return o
}

func formatNames() string {
	var names []string
	for _, format := range review.Formats {
		names = append(names, string(format))
	}
	return strings.Join(names, ", ")
}

// choose makes a format that of standard output, which has only one.
func (o *outputs) choose(flag, name string) error {
	format := review.Format(name)
	if !slices.Contains(review.Formats, format) {
		return fmt.Errorf("allowed are %s", formatNames())
	}
	if o.chosen != "" && o.standard != format {
		return fmt.Errorf("%s is for standard output already; name a file, %s=FILE", o.chosen, name)
	}
	o.standard, o.chosen = format, flag+" "+name
	return nil
}

// add makes a file an output.
func (o *outputs) add(format review.Format, file string) error {
	if !slices.Contains(review.Formats, format) {
		return fmt.Errorf("allowed are %s", formatNames())
	}
	if slices.ContainsFunc(o.files, func(other fileOutput) bool { return filepath.Clean(other.file) == filepath.Clean(file) }) {
		return fmt.Errorf("two reports are for the one file %s", file)
	}
	// A review may take minutes; its report must not be lost to a mistyped path.
	if info, err := os.Stat(filepath.Dir(file)); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no folder %s for it", filepath.Dir(file))
	}
	o.files = append(o.files, fileOutput{format, file})
	return nil
}

// write writes the report everywhere.
func (o *outputs) write(streams Streams, report *review.Report, p review.Presentation) error {
	for _, file := range o.files {
		p.Style = review.Style{}
		if err := output.WriteFile(file.file, func(w io.Writer) error { return report.Write(w, file.format, p) }); err != nil {
			return err
		}
	}
	p.Style.Color = streams.color()
	return report.Write(streams.Out, o.standard, p)
}

// formatFlag is --format.
type formatFlag struct{ *outputs }

// outputFlag is --output.
type outputFlag struct{ *outputs }

var _, _ pflag.Value = (*formatFlag)(nil), (*outputFlag)(nil)

func (f *formatFlag) String() string         { return string(review.Formats[0]) }
func (*formatFlag) Type() string             { return "FORMAT" }
func (f *formatFlag) Set(value string) error { return f.choose("--format", value) }

func (f *outputFlag) String() string { return "" }
func (*outputFlag) Type() string     { return "FORMAT=FILE" }

func (f *outputFlag) Set(value string) error {
	format, file, named := strings.Cut(value, "=")
	switch {
	case !named || file == "-":
		return f.choose("--output", format)
	case file == "":
		return errors.New("name a file behind the =")
	}
	return f.add(review.Format(format), file)
}

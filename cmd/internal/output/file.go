package output

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// WriteFile writes a file as a whole or not at all: whoever reads it meanwhile
// sees the old one. What is no regular file, a pipe or a terminal, is written
// to as it is. The error names the file.
func WriteFile(name string, write func(io.Writer) error) error {
	if err := writeFile(name, write); err != nil {
		if pathError := (*os.PathError)(nil); errors.As(err, &pathError) {
			err = pathError.Err // its path is that of the temporary file
		}
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

func writeFile(name string, write func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target // a link stays one
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return writeInto(name, os.O_WRONLY, write)
	}
	temporary := fmt.Sprintf("%s.%d.tmp", name, os.Getpid())
	if err := writeInto(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, write); err != nil {
		if !errors.Is(err, os.ErrExist) {
			_ = os.Remove(temporary) // the first error is the one to report
		}
		return err
	}
	return os.Rename(temporary, name)
}

func writeInto(name string, flags int, write func(io.Writer) error) error {
	// The umask takes away what the user does not grant.
	file, err := os.OpenFile(name, flags, 0o666)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	return errors.Join(write(out), out.Flush(), file.Close())
}

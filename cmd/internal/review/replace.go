package review

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Replace gives an existing file other bytes, as a whole or not at all: whoever
// reads it meanwhile sees the old ones. It keeps the file's mode, and its owner if
// it may. A file that
// may not be written to is not replaced, though its folder would allow it.
func Replace(file string, data []byte) error {
	if err := replace(file, data); err != nil {
		if pathError := (*os.PathError)(nil); errors.As(err, &pathError) {
			err = pathError.Err // its path may be that of the temporary file
		}
		return fmt.Errorf("writing %s: %w", file, err)
	}
	return nil
}

func replace(file string, data []byte) error {
	// Opening asks for the permission that the file itself must give.
	old, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := old.Stat()
	if err := errors.Join(err, old.Close()); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = temporary.Write(data)
	err = errors.Join(err, temporary.Chmod(info.Mode().Perm()), temporary.Close())
	if err == nil {
		keepOwner(temporary.Name(), info)
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		_ = os.Remove(temporary.Name()) // the first error is the one to report
	}
	return err
}

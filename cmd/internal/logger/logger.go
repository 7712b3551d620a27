package logger

import (
	"fmt"
	"strconv"

	"github.com/go-logr/logr"
	"github.com/go-logr/zapr"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// New logs up to the verbosity that level names: info, debug or a logr verbosity
// from 0 to 10.
func New(level string) (logr.Logger, error) {
	verbosity := 0
	switch level {
	case "info":
	case "debug":
		verbosity = 1
	default:
		n, err := strconv.Atoi(level)
		if err != nil || n < 0 || n > 10 {
			return logr.Logger{}, fmt.Errorf("--log-level is %q: use info, debug or a number from 0 to 10", level)
		}
		verbosity = n
	}
	config := zap.NewProductionConfig()
	// zapr maps V(n) to zap's level -n.
	config.Level = zap.NewAtomicLevelAt(zapcore.Level(-verbosity))
	config.EncoderConfig.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	// Sampling would drop decisions, and a decision's line is evidence.
	config.Sampling = nil
	config.DisableStacktrace = true
	logger, err := config.Build()
	if err != nil {
		return logr.Logger{}, fmt.Errorf("opening the log: %w", err)
	}
	return zapr.NewLogger(logger), nil
}

package output

// Color is how a text stands out on a terminal, as its escape sequence. The empty
// one is the terminal's own.
type Color string

// The colours.
const (
	Red        Color = "\x1b[31m"
	Yellow     Color = "\x1b[33m"
	Green      Color = "\x1b[32m"
	Bold       Color = "\x1b[1m"
	Cyan       Color = "\x1b[36m"
	Dim        Color = "\x1b[2m"
	Underlined Color = "\x1b[1;4m"

	// Reset ends a colour.
	Reset = "\x1b[0m"
)

// Paint is a text in the colour.
func (c Color) Paint(text string) string {
	if c == "" || text == "" {
		return text
	}
	return string(c) + text + Reset
}

package related

import (
	"encoding/binary"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/inshore-dev/inshore/policies/input"
)

// packed is an object in as few bytes as it can be told in: the fields that are
// not zero, in the order of the type. A projection as Go lays it out weighs five
// times that, and a cluster has many which nobody asks about for days.
//
// It is a string so that the texts of the object that is unpacked are parts of it.
type packed string

// plan packs and unpacks values of one type. It follows the type, so that a
// field which is added to a projection cannot be forgotten here.
type plan struct {
	pack   func(*packer, reflect.Value)
	unpack func(*unpacker, reflect.Value)
}

// The kinds, which are the first byte of what is packed.
const (
	kindService byte = iota
	kindDaemonSet
	kindWorkload
)

var plans = [...]plan{
	kindService:   planOf(reflect.TypeFor[input.Service]()),
	kindDaemonSet: planOf(reflect.TypeFor[input.DaemonSet]()),
	kindWorkload:  planOf(reflect.TypeFor[input.Workload]()),
}

// pack packs what object points to.
func pack(kind byte, object any) packed {
	p := packer{append(make([]byte, 0, 1024), kind)}
	plans[kind].pack(&p, reflect.ValueOf(object).Elem())
	return packed(p.bytes)
}

// unpack fills what object points to, which must be zero.
func (p packed) unpack(object any) {
	u := unpacker{rest: string(p[1:])}
	plans[p[0]].unpack(&u, reflect.ValueOf(object).Elem())
}

type packer struct{ bytes []byte }

func (p *packer) unsigned(n uint64) { p.bytes = binary.AppendUvarint(p.bytes, n) }

// text is the number of a word, or a length and as many bytes; the lowest bit
// tells which.
func (p *packer) text(s string) {
	if number, ok := common.number(s); ok {
		p.unsigned(uint64(number)<<1 | 1)
		return
	}
	p.unsigned(uint64(len(s)) << 1)
	p.bytes = append(p.bytes, s...)
}

type unpacker struct{ rest string }

func (u *unpacker) unsigned() uint64 {
	var n uint64
	for i := 0; ; i++ {
		b := u.rest[i]
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			u.rest = u.rest[i+1:]
			return n
		}
	}
}

func (u *unpacker) length() int { return int(u.unsigned()) }

func (u *unpacker) text() string {
	n := u.length()
	if n&1 == 1 {
		return common.text(n >> 1)
	}
	s := u.rest[:n>>1]
	u.rest = u.rest[n>>1:]
	return s
}

// planOf panics on a type that no projection has had so far, which is when the
// program starts.
func planOf(t reflect.Type) plan {
	switch t.Kind() {
	case reflect.String:
		return plan{
			func(p *packer, v reflect.Value) { p.text(v.String()) },
			func(u *unpacker, v reflect.Value) { v.SetString(u.text()) },
		}
	case reflect.Bool:
		return plan{
			func(p *packer, v reflect.Value) {
				if v.Bool() {
					p.unsigned(1)
				} else {
					p.unsigned(0)
				}
			},
			func(u *unpacker, v reflect.Value) { v.SetBool(u.unsigned() == 1) },
		}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return plan{
			// As binary.AppendVarint: small numbers of either sign are short.
			func(p *packer, v reflect.Value) { n := v.Int(); p.unsigned(uint64(n<<1) ^ uint64(n>>63)) },
			func(u *unpacker, v reflect.Value) { n := u.unsigned(); v.SetInt(int64(n>>1) ^ -int64(n&1)) },
		}
	case reflect.Pointer:
		return planOfPointer(t)
	case reflect.Slice:
		return planOfSlice(t)
	case reflect.Map:
		if t.ConvertibleTo(texts) {
			return plan{packMap, unpackMap}
		}
	case reflect.Struct:
		return planOfStruct(t)
	}
	panic(fmt.Sprintf("projections with a %s cannot be packed yet", t))
}

// planOfPointer is of pointers that are not nil: those are zero and left out.
func planOfPointer(t reflect.Type) plan {
	target := planOf(t.Elem())
	return plan{
		func(p *packer, v reflect.Value) { target.pack(p, v.Elem()) },
		func(u *unpacker, v reflect.Value) {
			v.Set(reflect.New(t.Elem()))
			target.unpack(u, v.Elem())
		},
	}
}

func planOfSlice(t reflect.Type) plan {
	if t.Elem().Kind() == reflect.Pointer {
		panic(fmt.Sprintf("projections with a %s cannot be packed yet: an element may be nil", t))
	}
	element := planOf(t.Elem())
	return plan{
		func(p *packer, v reflect.Value) {
			p.unsigned(uint64(v.Len()))
			for i := range v.Len() {
				element.pack(p, v.Index(i))
			}
		},
		func(u *unpacker, v reflect.Value) {
			n := u.length()
			v.Set(reflect.MakeSlice(t, n, n))
			for i := range n {
				element.unpack(u, v.Index(i))
			}
		},
	}
}

// texts is the only type of maps.
var texts = reflect.TypeFor[map[string]string]()

// packMap sorts, so that equal objects are packed equally.
func packMap(p *packer, v reflect.Value) {
	m := v.Convert(texts).Interface().(map[string]string)
	p.unsigned(uint64(len(m)))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		p.text(key)
		p.text(m[key])
	}
}

func unpackMap(u *unpacker, v reflect.Value) {
	n := u.length()
	m := make(map[string]string, n)
	for range n {
		key := u.text()
		m[key] = u.text()
	}
	v.Set(reflect.ValueOf(m).Convert(v.Type()))
}

// planOfStruct begins with a bit for each field that is not zero.
func planOfStruct(t reflect.Type) plan {
	if t.NumField() > 64 {
		panic(fmt.Sprintf("%s has more fields than can be packed", t))
	}
	var fields []plan
	for i := range t.NumField() {
		fields = append(fields, planOf(t.Field(i).Type))
	}
	return plan{
		func(p *packer, v reflect.Value) {
			var present uint64
			for i := range fields {
				if !v.Field(i).IsZero() {
					present |= 1 << i
				}
			}
			p.unsigned(present)
			for i, field := range fields {
				if present&(1<<i) != 0 {
					field.pack(p, v.Field(i))
				}
			}
		},
		func(u *unpacker, v reflect.Value) {
			present := u.unsigned()
			for i, field := range fields {
				if present&(1<<i) != 0 {
					field.unpack(u, v.Field(i))
				}
			}
		},
	}
}

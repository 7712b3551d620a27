package projection

import (
	"fmt"
	"reflect"

	"github.com/open-policy-agent/opa/v1/ast"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// An encoder makes a term of a value of one type. Encoders are built once per
// type; going through JSON instead costs about ten times as much.
type encoder func(reflect.Value) *ast.Term

var (
	intOrString = reflect.TypeFor[intstr.IntOrString]()
	stringMap   = reflect.TypeFor[map[string]string]()
	anything    = reflect.TypeFor[any]()
)

// encoderFor builds the encoder of a type.
func (e *Encoder) encoderFor(t reflect.Type) encoder {
	switch {
	case t == intOrString:
		return encodeIntOrString
	case t == anything:
		return encodeAnything
	case t.Kind() == reflect.Struct:
		return e.structEncoder(t)
	case t.Kind() == reflect.Pointer:
		elem := e.encoderFor(t.Elem())
		return nullable(func(v reflect.Value) *ast.Term { return elem(v.Elem()) })
	case t.Kind() == reflect.Interface:
		return nullable(e.encodeDynamic)
	case t.Kind() == reflect.Slice:
		return sliceEncoder(e.encoderFor(t.Elem()))
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && t.Elem().Kind() == reflect.String:
		return encodeStrings
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		return mapEncoder(e.encoderFor(t.Elem()))
	case t.Kind() == reflect.String:
		return func(v reflect.Value) *ast.Term { return ast.InternedTerm(v.String()) }
	case t.Kind() == reflect.Bool:
		return func(v reflect.Value) *ast.Term { return ast.InternedTerm(v.Bool()) }
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int32, t.Kind() == reflect.Int64:
		return func(v reflect.Value) *ast.Term { return ast.InternedTerm(v.Int()) }
	}
	panic(fmt.Sprintf("projection: no term for type %s", t))
}

func nullable(next encoder) encoder {
	return func(v reflect.Value) *ast.Term {
		if v.IsNil() {
			return ast.InternedNullTerm
		}
		return next(v)
	}
}

func (e *Encoder) structEncoder(t reflect.Type) encoder {
	type member struct {
		key       *ast.Term
		index     []int
		omitEmpty bool
		encode    encoder
	}
	var members []member
	for _, f := range fieldsOf(t) {
		members = append(members, member{ast.StringTerm(f.name), f.index, f.omitEmpty, e.encoderFor(f.typ)})
	}
	return func(v reflect.Value) *ast.Term {
		var space [16][2]*ast.Term // the widest projection has fewer; append grows past it
		pairs := space[:0]
		for i := range members {
			m := &members[i]
			value := v.FieldByIndex(m.index)
			if m.omitEmpty && empty(value) {
				continue
			}
			pairs = append(pairs, [2]*ast.Term{m.key, m.encode(value)})
		}
		return ast.ObjectTerm(pairs...)
	}
}

// empty is encoding/json's meaning of omitempty.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func sliceEncoder(elem encoder) encoder {
	return func(v reflect.Value) *ast.Term {
		terms := make([]*ast.Term, v.Len())
		for i := range terms {
			terms[i] = elem(v.Index(i))
		}
		return ast.ArrayTerm(terms...)
	}
}

func encodeStrings(v reflect.Value) *ast.Term {
	strings, _ := v.Convert(stringMap).Interface().(map[string]string)
	pairs := make([][2]*ast.Term, 0, len(strings))
	terms := make([]ast.Term, 0, 2*len(strings)) // one allocation instead of one each
	for key, value := range strings {
		terms = append(terms, ast.Term{Value: ast.String(key)}, ast.Term{Value: ast.String(value)})
		pairs = append(pairs, [2]*ast.Term{&terms[len(terms)-2], &terms[len(terms)-1]})
	}
	return ast.ObjectTerm(pairs...)
}

func mapEncoder(elem encoder) encoder {
	return func(v reflect.Value) *ast.Term {
		pairs := make([][2]*ast.Term, 0, v.Len())
		for _, key := range v.MapKeys() {
			pairs = append(pairs, [2]*ast.Term{ast.StringTerm(key.String()), elem(v.MapIndex(key))})
		}
		return ast.ObjectTerm(pairs...)
	}
}

// encodeAnything is for values that were decoded from JSON into an any, which always
// have a term.
func encodeAnything(v reflect.Value) *ast.Term {
	value, err := ast.InterfaceToValue(v.Interface())
	if err != nil {
		panic(fmt.Sprintf("projection: no term for what is not JSON: %v", err))
	}
	return ast.NewTerm(value)
}

func encodeIntOrString(v reflect.Value) *ast.Term {
	value, _ := v.Interface().(intstr.IntOrString)
	if value.Type == intstr.String {
		return ast.StringTerm(value.StrVal)
	}
	return ast.InternedTerm(value.IntVal)
}

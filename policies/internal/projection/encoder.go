package projection

import (
	"fmt"
	"reflect"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Encoder makes terms of values of one type, and of the types its interface
// fields may hold. It is safe for concurrent use.
type Encoder struct {
	root    encoder
	dynamic map[reflect.Type]encoder
}

// NewEncoder builds the encoder of a struct type. implementations are the
// types that interface fields hold. It panics on a type that has no JSON form
// that it knows: the types are part of the program.
func NewEncoder(t reflect.Type, implementations ...reflect.Type) *Encoder {
	e := &Encoder{dynamic: make(map[reflect.Type]encoder, len(implementations))}
	for _, implementation := range implementations {
		e.dynamic[implementation] = e.encoderFor(implementation)
	}
	e.root = e.encoderFor(t)
	return e
}

// Encode makes the term of a value, which is of the encoder's type.
func (e *Encoder) Encode(v reflect.Value) ast.Value {
	return e.root(v).Value
}

func (e *Encoder) encodeDynamic(v reflect.Value) *ast.Term {
	v = v.Elem()
	encode, known := e.dynamic[v.Type()]
	if !known {
		panic(fmt.Sprintf("projection: no term for type %s in an interface", v.Type()))
	}
	return encode(v)
}

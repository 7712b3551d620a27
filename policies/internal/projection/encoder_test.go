package projection_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"k8s.io/apimachinery/pkg/util/intstr"
	"pgregory.net/rapid"

	"github.com/inshore-dev/inshore/policies/internal/projection"
)

type document struct {
	embedded
	Object  object              `json:"object"`
	Other   object              `json:"other,omitempty"`
	Pointer *nested             `json:"pointer,omitempty"`
	Null    *nested             `json:"null"`
	List    []nested            `json:"list,omitempty"`
	Labels  map[string]string   `json:"labels,omitempty"`
	Surge   *intstr.IntOrString `json:"surge,omitempty"`
	Struct  nested              `json:"struct,omitempty"`
	Large   int64               `json:"large"`
	Yes     bool                `json:"yes,omitempty"`
	Word    word                `json:"word,omitempty"`
}

type embedded struct {
	Kind string `json:"kind,omitempty"`
}

type nested struct {
	Name  string   `json:"name,omitempty"`
	Port  int32    `json:"port,omitempty"`
	Tags  []string `json:"tags,omitempty"`
	Count int      `json:"count"`
}

type word string

type object interface{ isObject() }

type cat struct {
	Meows bool `json:"meows"`
}

type dog struct {
	Barks bool `json:"barks"`
}

func (*cat) isObject() {}
func (*dog) isObject() {}

var (
	documentType = reflect.TypeFor[document]()
	catType      = reflect.TypeFor[*cat]()
	dogType      = reflect.TypeFor[*dog]()
)

// What rules read must be what the document's JSON says, which is what users
// see in `inshore explain` and what the schema is derived for.
func TestATermIsTheValuesJSON(t *testing.T) {
	encoder := projection.NewEncoder(documentType, catType, dogType)
	text := rapid.StringMatching(`[a-z/{}"\\é]{0,6}`)
	some := rapid.Custom(func(t *rapid.T) nested {
		return nested{
			Name:  text.Draw(t, "name"),
			Port:  rapid.Int32().Draw(t, "port"),
			Tags:  rapid.SliceOfN(text, 0, 3).Draw(t, "tags"),
			Count: rapid.Int().Draw(t, "count"),
		}
	})
	animal := rapid.SampledFrom([]object{nil, &cat{true}, &dog{}})
	surge := rapid.SampledFrom([]intstr.IntOrString{intstr.FromInt32(0), intstr.FromInt32(7), intstr.FromString(""), intstr.FromString("10%")})
	rapid.Check(t, func(t *rapid.T) {
		value := document{
			embedded: embedded{text.Draw(t, "kind")},
			Object:   animal.Draw(t, "object"),
			Other:    animal.Draw(t, "other"),
			Pointer:  rapid.Ptr(some, true).Draw(t, "pointer"),
			Null:     rapid.Ptr(some, true).Draw(t, "null"),
			List:     rapid.SliceOfN(some, 0, 3).Draw(t, "list"),
			Labels:   rapid.MapOfN(text, text, 0, 3).Draw(t, "labels"),
			Surge:    rapid.Ptr(surge, true).Draw(t, "surge"),
			Struct:   some.Draw(t, "struct"),
			Large:    rapid.Int64().Draw(t, "large"),
			Yes:      rapid.Bool().Draw(t, "yes"),
			Word:     word(text.Draw(t, "word")),
		}
		source, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		want, err := ast.ValueFromReader(bytes.NewReader(source))
		if err != nil {
			t.Fatal(err)
		}
		if got := encoder.Encode(reflect.ValueOf(value)); got.Compare(want) != 0 {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
	})
}

func TestASchemaHasWhatTheTypeHas(t *testing.T) {
	type animals struct {
		Object object              `json:"object"`
		Surge  *intstr.IntOrString `json:"surge,omitempty"`
		List   []dog               `json:"list"`
		Labels map[string]string   `json:"labels"`
	}
	dogSchema := `{"additionalProperties":false,"properties":{"barks":{"type":"boolean"}},"type":"object"}`
	catSchema := `{"additionalProperties":false,"properties":{"meows":{"type":"boolean"}},"type":"object"}`
	rest := `"labels":{"additionalProperties":{"type":"string"},"type":"object"},` +
		`"list":{"items":` + dogSchema + `,"type":"array"},"object":%OBJECT%,` +
		`"surge":{"anyOf":[{"type":"integer"},{"type":"string"}]}`
	tests := map[string]struct {
		implementations []reflect.Type
		object          string
	}{
		"one implementation is the interface's schema": {[]reflect.Type{catType}, catSchema},
		"several are alternatives":                     {[]reflect.Type{catType, dogType}, `{"anyOf":[` + catSchema + `,` + dogSchema + `]}`},
	}
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			got, err := json.Marshal(projection.Schema(reflect.TypeFor[animals](), test.implementations...))
			if err != nil {
				t.Fatal(err)
			}
			want := `{"additionalProperties":false,"properties":{` + strings.Replace(rest, "%OBJECT%", test.object, 1) + `},"type":"object"}`
			if string(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestTypesWithoutAMeaningAreRefusedAtOnce(t *testing.T) {
	type unnamed struct{ Field string }
	type float struct {
		Field float64 `json:"field"`
	}
	for sentence, build := range map[string]func(){
		"a field without a JSON name": func() { projection.NewEncoder(reflect.TypeFor[unnamed]()) },
		"a type that has no term":     func() { projection.NewEncoder(reflect.TypeFor[float]()) },
		"a type that has no schema":   func() { projection.Schema(reflect.TypeFor[float]()) },
		"an implementation that is not known": func() {
			projection.NewEncoder(documentType, catType).Encode(reflect.ValueOf(document{Object: &dog{}}))
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("want a panic: the types are part of the program")
				}
			}()
			build()
		})
	}
}

func TestWhatOnlyGoReadsIsInNeither(t *testing.T) {
	type mixed struct {
		Seen   string `json:"seen"`
		Hidden string `json:"hidden" rego:"-"`
	}
	mixedType := reflect.TypeFor[mixed]()
	got := projection.NewEncoder(mixedType).Encode(reflect.ValueOf(mixed{Seen: "a", Hidden: "b"}))
	if want := ast.MustParseTerm(`{"seen": "a"}`).Value; got.Compare(want) != 0 {
		t.Errorf("the term is %v, want %v", got, want)
	}
	properties, _ := projection.Schema(mixedType)["properties"].(map[string]any)
	if _, hidden := properties["hidden"]; hidden || len(properties) != 1 {
		t.Errorf("the schema has %v", properties)
	}
}

// Parameters of rules may be any JSON.
func TestWhatIsAnyJSONStaysWhatItIs(t *testing.T) {
	type holder struct {
		Anything map[string]any `json:"anything,omitempty"`
	}
	source := `{"anything":{"ISH203":{"paths":["/run",null,true,1.5],"n":12345678901234567},"TEAM1":{}}}`
	decoder := json.NewDecoder(strings.NewReader(source))
	decoder.UseNumber()
	var value holder
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	want, err := ast.ValueFromReader(strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	holderType := reflect.TypeFor[holder]()
	if got := projection.NewEncoder(holderType).Encode(reflect.ValueOf(value)); got.Compare(want) != 0 {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	schema, err := json.Marshal(projection.Schema(holderType))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"additionalProperties":false,"properties":{"anything":{"additionalProperties":{},"type":"object"}},"type":"object"}`; string(schema) != want {
		t.Errorf("got the schema %s, want %s", schema, want)
	}
}

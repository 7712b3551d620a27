package related

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/inshore-dev/inshore/policies/input"
)

// Whatever is in an object is in it again, whether its texts are words or not.
func TestWhatIsUnpackedIsWhatWasPacked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for kind, object := range map[byte]any{
			kindService: &input.Service{}, kindDaemonSet: &input.DaemonSet{}, kindWorkload: &input.Workload{},
		} {
			fill(t, reflect.ValueOf(object).Elem())
			got := reflect.New(reflect.TypeOf(object).Elem()).Interface()
			pack(kind, object).unpack(got)
			if diff := cmp.Diff(object, got); diff != "" {
				t.Fatalf("packed (-), unpacked (+):\n%s", diff)
			}
		}
	})
}

// fill draws any value of the type.
func fill(t *rapid.T, v reflect.Value) {
	if rapid.IntRange(0, 3).Draw(t, "zero") == 0 {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.OneOf(rapid.SampledFrom([]string{"app", "cache", "TCP"}), rapid.String()).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "number"))
	case reflect.Int32:
		v.SetInt(int64(rapid.Int32().Draw(t, "number")))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Slice:
		n := rapid.IntRange(0, 3).Draw(t, "length")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(t, v.Index(i))
		}
	case reflect.Map:
		drawn := rapid.MapOfN(rapid.String(), rapid.String(), 0, 3).Draw(t, "map")
		v.Set(reflect.ValueOf(drawn).Convert(v.Type()))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	default:
		t.Fatalf("a projection has a %s", v.Type())
	}
}

func TestEqualObjectsArePackedEqually(t *testing.T) {
	object := &input.Service{Spec: input.ServiceSpec{Selector: map[string]string{}}}
	for i := range 50 {
		object.Spec.Selector[fmt.Sprint("never-a-word-", i)] = fmt.Sprint("of-the-table-", i)
	}
	first := pack(kindService, object)
	for range 10 {
		if pack(kindService, object) != first {
			t.Fatal("two ways to pack one object")
		}
	}
}

func TestWhatIsCommonBecomesAWordAndWhatIsNotDoesNot(t *testing.T) {
	w := words{numbers: map[string]int{}}
	for i := range 100_000 {
		w.number("app.kubernetes.io/name")
		w.number(fmt.Sprint("daemon-", i))
	}
	number, ok := w.number("app.kubernetes.io/name")
	if !ok || w.text(number) != "app.kubernetes.io/name" {
		t.Error("what every object says is no word")
	}
	if len(w.numbers) > 10 {
		t.Errorf("%d words, want what was said once to be none", len(w.numbers))
	}
	if _, ok := w.number(strings.Repeat("x", maxWordLen+1)); ok {
		t.Error("a long text is a word")
	}
}

func TestWordsAreBounded(t *testing.T) {
	w := words{numbers: map[string]int{}}
	for i := range 2 * maxWords {
		for range 2 * oftenEnough {
			w.number(fmt.Sprint("common-", i))
		}
	}
	if len(w.numbers) != maxWords {
		t.Errorf("%d words, want %d", len(w.numbers), maxWords)
	}
}

func TestATypeThatCannotBePackedIsFoundWhenTheProgramStarts(t *testing.T) {
	for sentence, typ := range map[string]reflect.Type{
		"an interface":        reflect.TypeFor[any](),
		"a map of numbers":    reflect.TypeFor[map[string]int](),
		"a slice of pointers": reflect.TypeFor[[]*input.Service](),
	} {
		t.Run(sentence, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it has a plan")
				}
			}()
			planOf(typ)
		})
	}
}

func BenchmarkPack(b *testing.B) {
	object := &input.DaemonSet{
		TypeMeta: input.TypeMeta{APIVersion: "apps/v1", KindName: "DaemonSet"},
		Metadata: input.Metadata{Name: "router", Labels: map[string]string{"app": "router", "team": "platform"}},
	}
	object.Spec.Template.Metadata.Labels = object.Metadata.Labels
	for range 3 {
		object.Spec.Template.Spec.Containers = append(object.Spec.Template.Spec.Containers, input.Container{
			Name: "daemon", Ports: []input.ContainerPort{{Name: "cache", ContainerPort: 11211, Protocol: "TCP"}},
			ReadinessProbe: &input.Present{}, VolumeMounts: []input.VolumeMount{{Name: "config", MountPath: "/etc/daemon"}},
		})
	}
	b.Run("pack", func(b *testing.B) {
		for b.Loop() {
			pack(kindDaemonSet, object)
		}
	})
	b.Run("unpack", func(b *testing.B) {
		b.ReportAllocs()
		packed := pack(kindDaemonSet, object)
		b.ReportMetric(float64(len(packed)), "B/object")
		for b.Loop() {
			packed.unpack(new(input.DaemonSet))
		}
	})
}

package policies

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// reservedPackage and reservedIDs are ours. A bundle that could add to a
// package of ours could change what a built-in rule says.
const (
	reservedPackage = "inshore"
	reservedIDs     = "ISH"
)

// customID is what the id of a rule that is not ours looks like: the letters of
// whoever wrote it, and a number.
var customID = regexp.MustCompile(`^[A-Z]{2,}[0-9]{3,}$`)

func newSources() *sources {
	return &sources{bundle: bundle{}, bundles: map[string]string{}}
}

// rules are the modules that are rules, by id.
func (s *sources) rules(modules map[string]*ast.Module) ([]*rule, error) {
	var rules []*rule
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		module := modules[name]
		r, err := ruleOf(module)
		if err != nil {
			return nil, err
		}
		if bundle, custom := s.bundles[name]; custom {
			if err := validateCustom(name, module, r); err != nil {
				return nil, err
			}
			if r != nil {
				r.Bundle = bundle
			}
		}
		if r != nil {
			rules = append(rules, r)
		}
	}
	if err := s.validateNamed(modules, rules); err != nil {
		return nil, err
	}
	slices.SortStableFunc(rules, func(a, b *rule) int { return cmp.Compare(a.ID, b.ID) })
	for i := 1; i < len(rules); i++ {
		if rules[i].ID == rules[i-1].ID {
			return nil, fmt.Errorf("reading METADATA: %s and %s share the id %s",
				rules[i-1].Package, rules[i].Package, rules[i].ID)
		}
	}
	return rules, nil
}

// validateNamed refuses a violation without an id: METADATA above the rule
// instead of above the package is easily written, and a rule that is taken for a
// library calls everything clean. METADATA in one file of a package is enough.
func (s *sources) validateNamed(modules map[string]*ast.Module, rules []*rule) error {
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		module := modules[name]
		path := strings.TrimPrefix(module.Package.Path.String(), "data.")
		_, custom := s.bundles[name]
		named := slices.ContainsFunc(rules, func(r *rule) bool { return r.Package == path })
		if custom && !named && hasViolation(module) {
			return fmt.Errorf("%s: %s has a %s and no custom.id, so it would never be asked: write METADATA with a custom.id above the package",
				name, path, violationName)
		}
	}
	return nil
}

// validateCustom refuses what would take the place of something of ours. The
// rule is nil for a library.
func validateCustom(name string, module *ast.Module, r *rule) error {
	path := strings.TrimPrefix(module.Package.Path.String(), "data.")
	if root, _, _ := strings.Cut(path, "."); root == reservedPackage {
		return fmt.Errorf("%s: package %s is Inshore's own: begin yours with another word, for example acme", name, path)
	}
	if r == nil {
		return nil
	}
	if strings.HasPrefix(r.ID, reservedIDs) || !customID.MatchString(r.ID) {
		return fmt.Errorf("%s: custom.id %s: take two or more capital letters and three or more digits, not beginning with %s, for example ACME001",
			name, r.ID, reservedIDs)
	}
	return nil
}

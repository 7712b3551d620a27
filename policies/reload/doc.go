// Package reload keeps an engine up to date with the sources of its rules, and
// keeps the last good one where they go wrong.
//
// A [Holder] has one engine in force, made of the built-in rules and what every
// source said last. Sources push: [Holder.Apply] takes what became of one or
// several of them, and swaps engines if the new set holds:
//
//   - it parses, compiles, and no two rules share an id;
//   - it has every rule that is in force, but for those that a manifest names as
//     retired: a rule that gets lost on the way must not open the door;
//   - every rule ends in time, without an error, and makes sense on a few plain
//     objects (policies.Engine.Smoke).
//
// A set that does not hold is refused as a whole. Where several sources changed,
// each is then tried on its own, so that one which is wrong stays as it was and
// does not hold back the others. What is refused stays a candidate: two sources
// that need each other may come one after the other.
//
// The package knows no source by itself except [Directory]; ConfigMaps and HTTP
// are in webhook/bundles.
package reload

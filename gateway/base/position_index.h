#pragma once

#include <absl/container/flat_hash_set.h>
#include <absl/hash/hash.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace entitysync::base {

// Finds the elements of a vector by a key that stands in them.
//
// Purpose: constant time at 6 to 12 bytes per element, since nothing but positions is kept. While
//   the vector is short it is searched, and the index takes 16 bytes.
// Owner and lifetime: the owner of the vector, which outlives it and is not moved.
// Threading: the vector's. Errors: none.
// Limits: positions below 2^32. Keys are unique.
//
// `KeyOf` is a stateless function object from an element to its key, which is cheap to copy. If it
// has a member IsNone(element), elements for which that is true have no key.
template <typename Element, typename KeyOf>
class PositionIndex {
 public:
  using Key = decltype(KeyOf()(std::declval<const Element&>()));

  explicit PositionIndex(const std::vector<Element>& elements) : elements_(elements) {}
  PositionIndex(const PositionIndex&) = delete;
  PositionIndex& operator=(const PositionIndex&) = delete;

  // Where the element with this key is.
  std::optional<uint32_t> Find(const Key& key) const {
    if (positions_ != nullptr) {
      const auto it = positions_->find(Probe{key});
      return it == positions_->end() ? std::nullopt : std::optional<uint32_t>(*it);
    }
    const auto it = std::find_if(elements_.begin(), elements_.end(),
                                 [&](const Element& e) { return !IsNone(e) && KeyOf()(e) == key; });
    if (it == elements_.end()) return std::nullopt;
    return static_cast<uint32_t>(it - elements_.begin());
  }

  // The element at `position` has its key from now on.
  void Add(size_t position) {
    if (positions_ != nullptr) {
      positions_->insert(static_cast<uint32_t>(position));
    } else if (elements_.size() > kIndexFrom) {
      positions_ = std::make_unique<Positions>(0, Hash{elements_}, Equal{elements_});
      for (size_t i = 0; i < elements_.size(); ++i) {
        if (!IsNone(elements_[i])) positions_->insert(static_cast<uint32_t>(i));
      }
    }
  }

  // The element at `position` is about to lose its key, its place, or its life.
  void Remove(size_t position) {
    if (positions_ != nullptr) positions_->erase(static_cast<uint32_t>(position));
  }

 private:
  // Up to here a search is as fast as a hash table.
  static constexpr size_t kIndexFrom = 16;

  static bool IsNone(const Element& element) {
    if constexpr (requires { KeyOf().IsNone(element); }) return KeyOf().IsNone(element);
    return false;
  }

  struct Probe {
    const Key& key;
  };
  struct Hash {
    using is_transparent = void;
    const std::vector<Element>& elements;
    size_t operator()(uint32_t position) const {
      return absl::Hash<Key>()(KeyOf()(elements[position]));
    }
    size_t operator()(const Probe& probe) const { return absl::Hash<Key>()(probe.key); }
  };
  struct Equal {
    using is_transparent = void;
    const std::vector<Element>& elements;
    bool operator()(uint32_t a, uint32_t b) const { return a == b; }
    bool operator()(uint32_t a, const Probe& b) const { return KeyOf()(elements[a]) == b.key; }
    bool operator()(const Probe& a, uint32_t b) const { return operator()(b, a); }
  };
  using Positions = absl::flat_hash_set<uint32_t, Hash, Equal>;

  const std::vector<Element>& elements_;
  std::unique_ptr<Positions> positions_;  // Null while the vector is short.
};

}  // namespace entitysync::base

#pragma once

namespace entitysync::base {

// A place in an intrusive list: derive from ListHook<Tag>, with one tag per list that an object may
// be in at once. Leaves its list when destroyed. Neither copied nor moved.
template <typename Tag>
class ListHook {
 public:
  ListHook() = default;
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;
  ~ListHook() { Unlink(); }

  bool IsLinked() const { return next_ != this; }

  // Leaves the list; nothing if in none.
  void Unlink() {
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = this;
  }

 private:
  template <typename T, typename OtherTag>
  friend class IntrusiveList;

  ListHook* prev_ = this;
  ListHook* next_ = this;
};

// A doubly linked list of objects that carry their own links: no allocation, O(1) everywhere.
//
// Owner and lifetime: owns nothing; an element leaves by itself when destroyed, and a destroyed
//   list releases its elements.
// Threading: one loop. Limits: none. Errors: none.
template <typename T, typename Tag>
class IntrusiveList {
 public:
  IntrusiveList() = default;
  ~IntrusiveList() {
    while (!empty()) head_.next_->Unlink();
  }

  bool empty() const { return !head_.IsLinked(); }
  T& front() { return *static_cast<T*>(head_.next_); }

  // Appends `element`, taking it out of the list that it is in.
  void PushBack(T& element) {
    ListHook<Tag>& hook = element;
    hook.Unlink();
    hook.prev_ = head_.prev_;
    hook.next_ = &head_;
    head_.prev_->next_ = &hook;
    head_.prev_ = &hook;
  }

  T& PopFront() {
    T& element = front();
    static_cast<ListHook<Tag>&>(element).Unlink();
    return element;
  }

  // Moves all elements of `other` to the end of this list.
  void TakeAll(IntrusiveList& other) {
    if (other.empty()) return;
    ListHook<Tag>* first = other.head_.next_;
    ListHook<Tag>* last = other.head_.prev_;
    other.head_.prev_ = other.head_.next_ = &other.head_;
    first->prev_ = head_.prev_;
    last->next_ = &head_;
    head_.prev_->next_ = first;
    head_.prev_ = last;
  }

  // Calls `visit` on each element, which may unlink itself in it but no other element.
  template <typename Visit>
  void ForEach(Visit&& visit) {
    for (ListHook<Tag>* at = head_.next_; at != &head_;) {
      ListHook<Tag>* next = at->next_;
      visit(*static_cast<T*>(at));
      at = next;
    }
  }

 private:
  ListHook<Tag> head_;
};

}  // namespace entitysync::base

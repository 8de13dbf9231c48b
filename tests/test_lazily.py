import threading

from shared.lazily import cached_property


class Slow:
    def __init__(self):
        self.may_end = threading.Event()
        self.began = threading.Event()
        self.made = 0

    @cached_property
    def value(self):
        self.began.set()
        assert self.may_end.wait(10)
        self.made += 1
        return self.made


def test_a_value_is_made_once():
    one = Slow()
    one.may_end.set()
    assert (one.value, one.value, one.made) == (1, 1, 1)


def test_one_instance_does_not_wait_for_another():
    held_up, quick = Slow(), Slow()
    thread = threading.Thread(target=lambda: held_up.value)
    thread.start()
    assert held_up.began.wait(10)
    quick.may_end.set()
    assert quick.value == 1
    assert held_up.made == 0
    held_up.may_end.set()
    thread.join()
    assert held_up.value == 1


def test_of_the_class_it_is_the_property_itself():
    assert isinstance(Slow.value, cached_property)

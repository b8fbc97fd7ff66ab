"""Golden values for random.ts: xoroshiro128+ written from its paper, seeded as random.ts says.

    python random_golden.py > random_golden.json

Python 3 alone; generator after Blackman and Vigna, https://arxiv.org/abs/1805.01407, constants 24, 16, 37.
"""

import hashlib
import json
import math

MASK = 2**64 - 1


def rotl(x, k):
    return (x << k | x >> (64 - k)) & MASK


class Stream:
    def __init__(self, name):
        words = hashlib.sha256(name.encode()).digest()
        word = [int.from_bytes(words[i : i + 4], "little") for i in range(0, 16, 4)]
        self.s0 = word[0] << 32 | word[1]
        self.s1 = word[2] << 32 | word[3]

    def uint32(self):
        low = (self.s0 + self.s1) & 0xFFFFFFFF
        mixed = self.s0 ^ self.s1
        self.s0 = rotl(self.s0, 24) ^ mixed ^ (mixed << 16) & MASK
        self.s1 = rotl(mixed, 37)
        return low

    def int32(self):
        low = self.uint32()
        return low - 2**32 if low >= 2**31 else low

    def uniform(self):
        return self.uint32() / 2**32

    def below(self, n):
        while True:
            draw = self.uint32()
            if draw < 2**32 // n * n:
                return draw % n

    def normal(self):
        radius = math.sqrt(-2 * math.log(1 - self.uniform()))
        return radius * math.cos(2 * math.pi * self.uniform())

    def shuffle(self, items):
        result = list(items)
        for i in reversed(range(1, len(result))):
            j = self.below(i + 1)
            result[i], result[j] = result[j], result[i]
        return result


def many(name, count, draw):
    stream = Stream(name)
    return [draw(stream) for _ in range(count)]


HALF = 2**31 + 1  # almost every second draw is thrown away
golden = {
    "int32": many("golden/int32", 12, Stream.int32),
    "uniform": many("golden/uniform", 6, Stream.uniform),
    "below10": many("golden/below", 20, lambda s: s.below(10)),
    "belowHalf": many("golden/below", 12, lambda s: s.below(HALF)),
    "normal": many("golden/normal", 6, Stream.normal),
    "unicode": many("golden/é日🎉", 3, Stream.int32),
    "shuffle": Stream("golden/shuffle").shuffle(range(12)),
}
print(json.dumps(golden, indent=1))

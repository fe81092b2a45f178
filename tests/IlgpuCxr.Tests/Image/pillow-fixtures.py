"""Makes pillow-fixtures.csv: what the Python Imaging Library does to images that a formula makes.

python3 pillow-fixtures.py > pillow-fixtures.csv
"""
import hashlib
import random

from PIL import Image


def image(width, height, channels):
    """The formula of PillowFixture.Image."""
    pixels = bytes((x * x * 3 + y * 5 + x * y * 7 + c * 41 + (x ^ y)) % 256
                   for y in range(height) for x in range(width) for c in range(channels))
    return Image.frombytes("L" if channels == 1 else "RGB", (width, height), pixels)


def digest(width, height, channels, degrees, left, top, w, h, size, flip):
    """The transforms of torchvision's functional.rotate, resized_crop and hflip."""
    result = image(width, height, channels).rotate(degrees, Image.NEAREST, False, None, fillcolor=None)
    result = result.crop((left, top, left + w, top + h)).resize((size, size), Image.BILINEAR)
    if flip:
        result = result.transpose(Image.FLIP_LEFT_RIGHT)
    return hashlib.sha256(result.tobytes()).hexdigest()


random.seed(1)
cases = [
    (64, 48, 1, 0, 0, 0, 64, 48, 64, 0),
    (64, 64, 1, 0, 0, 0, 64, 64, 64, 1),
    (64, 64, 3, 0, 0, 0, 64, 64, 32, 0),
    (63, 65, 1, 90, 0, 0, 63, 65, 21, 0),
    (17, 9, 3, 30, 3, 2, 1, 1, 8, 0),
    (40, 50, 1, -30, 5, 7, 11, 13, 96, 1),
    (350, 288, 1, 17.5, 31, 0, 288, 288, 128, 0),
    (300, 200, 3, -4.25, 0, 0, 300, 200, 1, 0),
]
for _ in range(40):
    width, height, size = random.randint(20, 330), random.randint(20, 330), random.choice((16, 33, 64, 128))
    w, h = random.randint(1, width), random.randint(1, height)
    cases.append((width, height, random.choice((1, 3)), random.uniform(-30, 30),
                  random.randint(0, width - w), random.randint(0, height - h), w, h, size, random.randint(0, 1)))
print("width,height,channels,degrees,left,top,cropWidth,cropHeight,size,flip,sha256")
for case in cases:
    print(",".join(map(repr, case)) + "," + digest(*case))

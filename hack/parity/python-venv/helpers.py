def greeting():
    with open("words.txt") as f:
        return f.read().strip()

# A hash in hexadecimal, as files are named by, in the base64 that Lambda compares.

locals {
  alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  padded   = "${var.zip.sha256}00" # 33 bytes, eleven times three
  characters = [
    for i in range(43) : substr(local.alphabet,
    floor(parseint(substr(local.padded, floor(i / 4) * 6, 6), 16) / pow(64, 3 - i % 4)) % 64, 1)
  ]
  zip_base64 = "${join("", local.characters)}="
}

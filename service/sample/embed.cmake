# Writes OUTPUT: C++ that holds the contents of FILES, as service/sample/web_assets.h declares them.
set(code "#include \"service/sample/web_assets.h\"\n\n#include <array>\n\nnamespace sample {\n\n")
set(entries "")
set(count 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} content)
  string(APPEND entries "      Asset{\"${name}\", R\"asset(${content})asset\"},\n")
  math(EXPR count "${count} + 1")
endforeach()
string(APPEND code "std::span<const Asset> Assets() {\n"
  "  static constexpr std::array<Asset, ${count}> kAssets = {\n${entries}  };\n  return kAssets;\n}\n\n"
  "}  // namespace sample\n")
file(WRITE ${OUTPUT} "${code}")

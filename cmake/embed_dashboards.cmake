# Writes OUT, a source file with the text of all FILES (below ROOT), sorted by path.
list(SORT FILES)
file(WRITE ${OUT} "#include \"observe/dashboard_files.h\"\n\nnamespace byzlab {\nnamespace {\n"
  "constexpr DashboardFile kFiles[] = {\n")
foreach(file IN LISTS FILES)
  file(RELATIVE_PATH name ${ROOT} ${file})
  file(READ ${file} text)
  file(APPEND ${OUT} "    {\"${name}\", R\"=byzlab=(${text})=byzlab=\"},\n")
endforeach()
file(APPEND ${OUT} "};\n}  // namespace\n\n"
  "std::span<const DashboardFile> dashboard_files() { return kFiles; }\n\n}  // namespace byzlab\n")

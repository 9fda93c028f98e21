# SPDX-License-Identifier: Apache-2.0
# vitsim_embed(<target> <file>...): the bytes of each file in the program, as
# vitsim::<layer>::embedded::<file's name, with _ for what is no letter>(), for a layer's target.
function(vitsim_embed target)
  string(REPLACE "vitsim_" "" layer ${target})
  foreach(file IN LISTS ARGN)
    get_filename_component(name ${file} NAME)
    string(MAKE_C_IDENTIFIER ${name} name)
    string(REPLACE "_min_" "_" name ${name})
    get_filename_component(path ${file} REALPATH)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.cpp)
    configure_file(${PROJECT_SOURCE_DIR}/tools/cmake/embedded.cpp.in ${source} @ONLY)
    set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${path})
    target_sources(${target} PRIVATE ${source})
  endforeach()
endfunction()

# find_package(graphrun), then link graphrun::graphrun_models (or _ops, without the models).
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(OpenMP COMPONENTS CXX)
find_dependency(Protobuf)
find_dependency(Eigen3 NO_MODULE)
find_dependency(Boost)
find_dependency(fmt)
include(${CMAKE_CURRENT_LIST_DIR}/graphrun-targets.cmake)

# SPDX-License-Identifier: Apache-2.0
vitsim_test(dataset_test
  SOURCES model/dataset_test.cpp model/cifar10_test.cpp model/tensor_images_test.cpp
  USES vitsim::model)

/* Prints the addresses that getaddrinfo has for its argument, one a line, or why there are none. */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
  struct addrinfo hints, *list, *one;
  char text[INET6_ADDRSTRLEN];
  int failure;

  if (argc != 2) return 1;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  failure = getaddrinfo(argv[1], 0, &hints, &list);
  if (failure != 0) {
    puts(gai_strerror(failure));
    return 2;
  }
  for (one = list; one != 0; one = one->ai_next) {
    getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, 0, 0, NI_NUMERICHOST);
    puts(text);
  }
  return 0;
}

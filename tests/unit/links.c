/* A whole layer, linked with those below it: what it may not use is an undefined symbol. */
int main(void)
{
    return 0;
}
